"""Release 发布: exports, canonical records, Croissant descriptions, dataset cards."""
