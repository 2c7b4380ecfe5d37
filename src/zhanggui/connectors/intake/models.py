"""Files taken in, and the column mappings that people settled on."""
