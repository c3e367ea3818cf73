"""Tables read where they lie: opened, previewed, judged, mapped, and read as Arrow batches."""
