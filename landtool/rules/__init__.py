"""One module per concept of the policy: measures and dated numbers in, findings out."""
