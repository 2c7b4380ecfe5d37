"""Views: parse, one call, render. One module per subject."""
