"""Tables that people exchange as files: reading, cells, column mapping, writing. No Django here."""
