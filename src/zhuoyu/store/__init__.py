"""Metadata in SQL, versions on disk, and the one door to rows; runs no operator."""
