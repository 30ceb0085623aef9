"""The phone 移动端: JSON for the inspector's app."""
