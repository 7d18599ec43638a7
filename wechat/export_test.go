package wechat

// TokenKey is the key of the account's token in the shared cache, for a test that plays another instance.
func TokenKey(a *Account) string { return a.tokens.key }
