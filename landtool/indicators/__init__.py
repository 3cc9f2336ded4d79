"""Pure measures: frames in, Series or frames out; no policy, no files, no clock."""
