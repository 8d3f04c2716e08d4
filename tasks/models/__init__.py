"""Models of the Hub: chosen, fetched, converted, and kept in the warehouse."""
