"""The page of a study: one HTML file that opens without a network, made from what it has made."""
