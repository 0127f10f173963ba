"""What the end-to-end tests stand on: processes, browsers, relying parties. No test lies here."""
