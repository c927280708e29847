"""Which frames should a light pose network train on, and how many, to adapt at the edge?"""
