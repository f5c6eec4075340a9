"""What updates AWS refuses because of what is deployed already."""

from .check import RULES, UpdateFinding, check_updates, find_update_problems

__all__ = ["RULES", "UpdateFinding", "check_updates", "find_update_problems"]
