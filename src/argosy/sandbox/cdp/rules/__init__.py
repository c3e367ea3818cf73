"""The grammar of segment rules: read one, say what is wrong with it, and write it as Presto SQL."""
