# verism as an OCI image, for a machine with or without NVIDIA GPUs.
#
#   docker build -t verism .
#   docker run --rm -v "$PWD:/photos" verism mine.jpg theirs.jpg
#   docker run --rm --gpus all --shm-size 1g -v "$PWD:/photos" verism mine.jpg theirs.jpg
#
# The usual wheels of torch for Linux bring CUDA with them, and work without a GPU too. An image for CPUs alone is some
# gigabytes smaller: give the index that has PyTorch's wheels for CPUs, which its installation page names:
#
#   docker build -t verism:cpu --build-arg TORCH_INDEX=URL .

ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ARG TORCH_INDEX=""
ARG EXTRAS="heif,raw,video"
RUN python -m venv /opt/verism
ENV PATH=/opt/verism/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Before the code, which changes more often.
RUN if [ -n "$TORCH_INDEX" ]; then pip install --index-url "$TORCH_INDEX" "torch>=2.9" "torchvision>=0.24"; fi
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY configs configs
RUN pip install ".[${EXTRAS}]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/verism /opt/verism
ENV PATH=/opt/verism/bin:$PATH PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp/matplotlib TORCH_HOME=/tmp/torch
# Neither root nor a user of its own: results belong to whoever runs it, with --user "$(id -u):$(id -g)".
USER 1000:1000
WORKDIR /photos
ENTRYPOINT ["verism"]
CMD ["--help"]
