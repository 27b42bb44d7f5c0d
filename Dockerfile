# A static binary on an empty image, run by nobody.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /omniflow ./cmd/omniflow

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /omniflow /omniflow
USER nonroot:nonroot
EXPOSE 8080
ENTRYPOINT ["/omniflow"]
CMD ["serve", "-c", "/etc/omniflow/omniflow.yaml"]
