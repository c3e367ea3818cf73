"""The Profiles lookup that browsers and phones ask, with a token in place of a key."""
