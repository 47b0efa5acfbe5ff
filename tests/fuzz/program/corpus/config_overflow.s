.config rows=2147483648
