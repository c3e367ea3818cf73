"""The formats that tables' files have."""
