"""Landmarks of faces by MediaPipe, from the user's model file; needs the extra `mediapipe`."""
