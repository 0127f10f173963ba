enum OAuthPlaceholder {}
