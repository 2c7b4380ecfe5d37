"""Files of other systems taken in: kept, mapped, checked row by row, committed in chunks."""
