"""What people and other programs receive: result files, terminal pages, documents."""
