"""Notifications leave here: e-mail, Slack and Standard Webhooks, each a function that delivers or says why not."""
