"""What the faces share: which tenant a host names, request ids, security headers."""
