"""What outlasts a connection: files screened in the background, decisions posted to whoever asked for them."""
