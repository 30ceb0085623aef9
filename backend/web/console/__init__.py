"""The office 办公端: plan, draw, review, publish."""
