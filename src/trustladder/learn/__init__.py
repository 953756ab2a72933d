"""What the ledger teaches: audit, verdicts, indicators, proposals, backtests."""
