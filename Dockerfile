# SPDX-License-Identifier: Apache-2.0
# loom, built and ready:  docker build -t loom .
#   docker run --rm -v "$PWD/results:/results" -e LOOM_RESULTS=/results loom run configs/quickstart.yaml
# A folder mounted at /loom/results would hide the calibration and the references there.
FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /loom
COPY scripts/setup scripts/setup
RUN scripts/setup && rm -rf /var/lib/apt/lists/* /root/.cache
COPY . .
RUN scripts/build loom facts && ln -s /loom/build/dev/loom /usr/local/bin/loom
ENTRYPOINT ["loom"]
CMD ["--help"]
