"""The cue packs, one TOML file a language: data, not code."""
