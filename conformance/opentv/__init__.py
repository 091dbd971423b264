"""What the messages of an OpenTV Platform mean: codes, bodies of responses, tokens; pure, for all that judge."""
