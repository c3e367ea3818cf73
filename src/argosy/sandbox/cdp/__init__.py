"""The CDP (Audience) API: parent segments, their folders, and Profiles API tokens."""
