"""③ What each broker operation decides; one file per operation."""
