# One static binary and nothing else. For tests only: its keys are test keys.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /rtkmock ./cmd/rtkmock && mkdir -m 0700 /state

FROM scratch
COPY --from=build /rtkmock /rtkmock
# The user has no name here, and needs none.
COPY --from=build --chown=65532:65532 /state /state
USER 65532:65532
VOLUME /state
EXPOSE 9010
ENTRYPOINT ["/rtkmock"]
CMD ["serve", "--listen", "0.0.0.0:9010", "--advertise", "http://rtkmock:9010", "--state", "/state"]
