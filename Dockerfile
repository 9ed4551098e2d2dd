# One static binary and nothing else. For tests only: its keys are test keys.
# It is built from this folder. A release has BINARY=released, and takes what was
# built before.
ARG BINARY=built

FROM --platform=$BUILDPLATFORM golang:1.26 AS built
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags="-s -w" -o /rtkmock ./cmd/rtkmock

FROM scratch AS released
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/rtkmock /rtkmock

FROM $BINARY AS binary

FROM --platform=$BUILDPLATFORM busybox:1.37 AS folders
RUN mkdir -m 0700 /state

FROM scratch
COPY --from=binary /rtkmock /rtkmock
# The user has no name here, and needs none.
COPY --from=folders --chown=65532:65532 /state /state
USER 65532:65532
VOLUME /state
EXPOSE 9010
# It answers who is there. That needs the control API at its address of below, and
# RTKMOCK_CONTROL_TOKEN if there is a token.
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s CMD ["/rtkmock", "meeting", "list"]
ENTRYPOINT ["/rtkmock"]
CMD ["serve", "--listen", "0.0.0.0:9010", "--advertise", "http://rtkmock:9010", "--state", "/state"]
