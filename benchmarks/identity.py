"""The factors of the bundled world that say who a person is; an edit should leave them alone."""

IDENTITY = ("face_width", "jaw", "nose_size", "skin", "eye_hue", "beard", "hair_length", "age")
