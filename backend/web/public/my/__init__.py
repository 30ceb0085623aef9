"""我的企业: the pages of an enterprise's own people. They work without JavaScript; passkeys and alerts are what it adds."""
