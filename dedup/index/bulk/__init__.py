"""Many articles put into an index at once, from the batch's own arrays."""
