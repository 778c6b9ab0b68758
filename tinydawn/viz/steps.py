"""stub until written"""
def page(diagram, shot, lang): return ""
def frames(diagram, shot, lang): return []
