"""The rendered stand-in for Human3.6M and COCO, written in their own file formats.

`bodies` draws people by lot, `motions` moves them, `figures` turns a pose into joints and solid
parts, `drawing` paints the parts, `scenes` sets rooms and cameras, `writing` makes the files.
"""
