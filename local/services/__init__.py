"""The AWS services whose API behaviour the embedded AWS gets right where moto does not."""
