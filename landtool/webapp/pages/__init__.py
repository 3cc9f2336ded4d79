"""The pages: each draws what the library measured, and computes nothing."""
