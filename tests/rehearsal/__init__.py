"""The rehearsal of updates: single changes that users make, each deployed over what is there."""
