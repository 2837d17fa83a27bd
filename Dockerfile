# attgrad with its kernels built. The default command is the quick sweep into /results, which is to be mounted:
#
#   docker build -t attgrad .
#   docker run --rm -v "$PWD/results:/results" attgrad
#   docker run --rm -v "$PWD:/data" attgrad npx attgrad gradient /data/problem.npz --out /data/grad.npy
#
# Runs as the user node (1000); a mounted folder must be writable for it, or add --user "$(id -u):$(id -g)".
FROM node:24-bookworm-slim

# NumPy is one of the programs that the experiment peers compares with; git tells a run which commit it is of.
RUN apt-get update \
	&& apt-get install -y --no-install-recommends git python3 python3-numpy \
	&& rm -rf /var/lib/apt/lists/* \
	# Other users may ask git for the commit too.
	&& git config --system --add safe.directory /attgrad \
	&& mkdir /attgrad /results \
	&& chown node:node /attgrad /results

WORKDIR /attgrad
USER node
COPY --chown=node:node . .
# Installs from the lock file and compiles the kernels. Other users may run what is installed.
RUN npm ci && chmod -R go+rX .

ENV HOME=/tmp NO_UPDATE_NOTIFIER=1
VOLUME /results
CMD ["npx", "attgrad", "sweep", "--out", "/results"]
