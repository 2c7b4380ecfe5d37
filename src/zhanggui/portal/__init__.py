"""Pages: the edge that people use."""
