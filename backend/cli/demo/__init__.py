"""The demo county 演示数据: an invented register of Qujing, its officers, check items and sample files.

Everything is made from a seed, so every machine shows the same county. Names of places are real; enterprises, people and
codes are invented: organisation-code bodies begin with YQ and telephone numbers with 555, which nobody was ever issued.
"""
