# SPDX-License-Identifier: Apache-2.0
# loom, built and ready:  docker build -t loom .  &&  docker run --rm -v "$PWD/results:/loom/results" loom run configs/quickstart.yaml
FROM debian:bookworm-slim
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /loom
COPY scripts/setup scripts/setup
RUN scripts/setup && rm -rf /var/lib/apt/lists/* /root/.cache
COPY . .
RUN scripts/build loom facts && ln -s /loom/build/dev/loom /usr/local/bin/loom
ENTRYPOINT ["loom"]
CMD ["--help"]
