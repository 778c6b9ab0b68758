"""What stands between a slip and a wrong number: errors explained, NumPy's functions led to ours, anomalies found."""
