import type { FaultEntry } from './entry.ts';

const toOnnx = 'Export the model to ONNX (skl2onnx, torch.onnx, tf2onnx) and push that file.';
const exportAgain = 'Export the model again; `onnx.checker.check_model` shows most such mistakes.';

/** Why a model file is not let in. */
export const admissionFaults = {
  ADMISSION_BUSY: {
    status: 429,
    meaning: 'Too many model files are waiting to be looked at.',
    fix: 'Push again in a minute.',
  },
  FORMAT_REFUSED: {
    status: 422,
    meaning: 'The bytes are of a format that can execute code or is not ONNX.',
    fix: toOnnx,
  },
  FORMAT_EMPTY: {
    status: 422,
    meaning: 'The file has no bytes.',
    fix: 'Look whether the export wrote anything, then push the file again.',
  },
  FORMAT_PICKLE: {
    status: 422,
    meaning: 'A Python pickle: loading it runs whatever code its author put into it.',
    fix: toOnnx,
  },
  FORMAT_JOBLIB: {
    status: 422,
    meaning: 'A joblib dump, which is a pickle: loading it runs code.',
    fix: 'Convert the scikit-learn model with `skl2onnx.to_onnx(model, X[:1])` and push that.',
  },
  FORMAT_ZIP: {
    status: 422,
    meaning: 'A zip archive (PyTorch, Keras, NumPy .npz); such archives hold pickles or code.',
    fix: toOnnx,
  },
  FORMAT_7Z: {
    status: 422,
    meaning: 'A 7z archive; archives hide pickles from scanners.',
    fix: 'Push the .onnx file itself, not packed.',
  },
  FORMAT_TAR: {
    status: 422,
    meaning: 'A tar archive.',
    fix: 'Push the .onnx file itself, not packed.',
  },
  FORMAT_COMPRESSED: {
    status: 422,
    meaning: 'A compressed stream (gzip, zlib, xz, bzip2, zstd, lz4).',
    fix: 'Unpack it; push the .onnx file itself.',
  },
  FORMAT_HDF5: {
    status: 422,
    meaning: 'An HDF5 file, as Keras writes; its layers can hold Python code.',
    fix: 'Convert it with `python -m tf2onnx.convert` and push that.',
  },
  FORMAT_SAFETENSORS: {
    status: 422,
    meaning: 'A safetensors file: harmless, but weights without a graph cannot be run.',
    fix: 'Load the weights where the model is defined, export that to ONNX and push it.',
  },
  FORMAT_NUMPY: {
    status: 422,
    meaning: 'A NumPy array file; it may hold pickled objects.',
    fix: toOnnx,
  },
  FORMAT_EXECUTABLE: {
    status: 422,
    meaning: 'A program or a library (ELF, PE, Mach-O, script).',
    fix: toOnnx,
  },
  FORMAT_OTHER_MODEL: {
    status: 422,
    meaning: 'A model of another runtime (ONNX Runtime format, TensorFlow Lite, GGUF).',
    fix: 'Push the ONNX file it was made from.',
  },
  FORMAT_TEXT: {
    status: 422,
    meaning: 'Text, such as JSON, XML, HTML or a Git LFS pointer.',
    fix: 'Push the binary .onnx file; for a Git LFS pointer run `git lfs pull` first.',
  },
  ONNX_TRUNCATED: {
    status: 422,
    meaning: 'The file ends in the middle of something.',
    fix: 'Copy or export the file again; compare its size with the original.',
  },
  ONNX_MALFORMED: {
    status: 422,
    meaning: 'The bytes are not a well-formed ONNX model.',
    fix: exportAgain,
  },
  ONNX_TRAILING_BYTES: {
    status: 422,
    meaning: 'After the model come bytes that do not belong to it.',
    fix: 'Export the model again, and push the file as the exporter wrote it.',
  },
  ONNX_LIMIT: {
    status: 422,
    meaning: 'The model has more parts, or nests deeper, than is admitted.',
    fix: 'Simplify the model (`onnxsim`), or split it.',
  },
  ONNX_VERSION: {
    status: 422,
    meaning: 'The model needs a version of ONNX that the runtime does not have.',
    fix: 'Export with the `target_opset` the sentence names.',
  },
  ONNX_OPERATOR: {
    status: 422,
    meaning: 'The model uses an operator that does not belong to ONNX.',
    fix: 'Export without custom operators; the sentence names the node.',
  },
  ONNX_EXTERNAL_DATA: {
    status: 422,
    meaning: 'The model wants to read data from other files.',
    fix: 'Save it in one file: `onnx.save_model(model, path, save_as_external_data=False)`.',
  },
  ONNX_TENSOR: {
    status: 422,
    meaning: 'A constant does not have the data its shape and type call for.',
    fix: exportAgain,
  },
  ONNX_NAMES: {
    status: 422,
    meaning: 'A name is given twice, is missing, or is used without being given.',
    fix: exportAgain,
  },
  ONNX_FUNCTION: {
    status: 422,
    meaning: 'Functions of the model call each other in a circle or grow beyond the limit.',
    fix: 'Inline the functions (`onnx.inliner.inline_local_functions`) and push the result.',
  },
  ONNX_TYPE: {
    status: 422,
    meaning: 'An input or output has a type that cannot be sent over the prediction API.',
    fix: 'For scikit-learn: `to_onnx(model, X, options={"zipmap": False})`; else cast to a tensor.',
  },
  ONNX_SIGNATURE: {
    status: 422,
    meaning: 'The model does not say well enough what it takes and gives.',
    fix: 'Declare inputs and outputs with name, element type and shape when exporting.',
  },
  ONNX_TRAINING: {
    status: 422,
    meaning: 'The model carries graphs for training, which serving must not run.',
    fix: 'Export it for inference only.',
  },
  ONNX_EXPANSION: {
    status: 422,
    meaning: 'The model unfolds constants into more memory than is admitted.',
    fix: 'Look at the node the sentence names; compute large tensors from the input instead.',
  },
  ONNX_ENDLESS: {
    status: 422,
    meaning: 'A loop of the model runs a fixed number of times that never ends in practice.',
    fix: 'Give the loop a condition that depends on the data, or fewer rounds.',
  },
  PROBE_REFUSED: {
    status: 422,
    meaning: 'The runtime does not load the model.',
    fix: 'Load it with onnxruntime 1.30 where it was made; the sentence has the reason.',
  },
  PROBE_SIGNATURE: {
    status: 422,
    meaning: 'The loaded model takes or gives something else than its file declares.',
    fix: exportAgain,
  },
  PROBE_TIMEOUT: {
    status: 422,
    meaning: 'Loading the model, or one prediction, takes longer than is admitted.',
    fix: 'Make the model faster, or raise the limits of the probe.',
  },
  PROBE_MEMORY: {
    status: 422,
    meaning: 'The model takes more memory than is admitted.',
    fix: 'Make the model smaller, or raise the limits of the probe.',
  },
  PROBE_CRASHED: {
    status: 422,
    meaning: 'The model takes its process down, when loaded or on unusual inputs.',
    fix: 'Look at the case the sentence names with onnxruntime 1.30 where it was made.',
  },
  GOLDEN_INVALID: {
    status: 422,
    meaning: 'The golden file does not fit what the model takes and gives.',
    fix: 'Correct the tensor named by `path` in the golden file.',
  },
  GOLDEN_MISMATCH: {
    status: 422,
    meaning: 'The model does not answer the golden rows as it did where it was made.',
    fix: 'Compare the versions of ONNX Runtime and the preprocessing; or correct the golden file.',
  },
} as const satisfies Record<string, FaultEntry>;
