"""What runs inside the jail. It imports nothing but the standard library and QuickJS."""
