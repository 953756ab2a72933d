"""The policy file: read (`load`), described (`schema`), questioned (`lint`), compared (`diff`) and tested."""
