"""Use cases 办事流程: journeys that cross rooms, one transaction each."""
