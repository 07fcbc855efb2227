"""Training the answer scorer (`rag.models.answer_scorer`); needs torch, safetensors and onnx: the product does not."""
